# bundle_check.sh -> one C string.  -D OUT= -D FILE=
file(READ ${FILE} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "#include \"api/cli/permit_check.h\"\n\nconst char bundle_check_sh[] =\n\t\"${text}\";\n")
