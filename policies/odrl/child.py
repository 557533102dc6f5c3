"""The process of `catalog.dcat.apart`, which reads calling rules out of the policies of datasets, too."""

from catalog.dcat import child
from policies.odrl import reading

if __name__ == "__main__":
    child.main(reading.calling_rule)
