# A file -> one C string.  -D OUT= -D FILE= -D HEADER= (which declares it) -D NAME=
file(READ ${FILE} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "#include \"${HEADER}\"\n\nconst char ${NAME}[] =\n\t\"${text}\";\n")
