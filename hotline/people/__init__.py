"""People: handling units (承办单位), users, roles, what each may do, sign-in, and the record of reads."""
