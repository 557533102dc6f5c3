"""The national catalog sheet (政务信息资源目录) as Excel and CSV, both ways."""
