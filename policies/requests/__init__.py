"""Access requests (共享申请): what an application asks for, and what its provider answers in legal time."""
