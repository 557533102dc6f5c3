"""All standards of the city."""

from seeds.specifications import economy, society, streets

STANDARDS = (*society.STANDARDS, *economy.STANDARDS, *streets.STANDARDS)
