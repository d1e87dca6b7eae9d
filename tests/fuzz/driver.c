/* Runs a fuzz target over the files of folders: what libFuzzer finds stays a
 * test of every build.  usage: fuzz_NOUN FOLDER... */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long
run_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	unsigned long n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		own_str char *path = xprintf("%s/%s", folder, entry->d_name);
		own_struct(buf) octets = buf_new(1 << 24);
		unsigned char *exact;
		struct err e;

		if (entry->d_name[0] == '.')
			continue;
		if (!file_read(&octets, path, &e)) {
			fprintf(stderr, "%s\n", e.text);
			exit(1);
		}
		/* In memory of its own length, so that a sanitizer sees one octet too far. */
		exact = malloc(octets.len > 0 ? octets.len : 1);
		promise(exact != NULL);
		memcpy(exact, octets.ptr != NULL ? octets.ptr : exact, octets.len);
		LLVMFuzzerTestOneInput(exact, octets.len);
		free(exact);
		n++;
	}
	if (d != NULL)
		closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	unsigned long n = 0;

	for (int i = 1; i < argc; i++)
		n += run_folder(argv[i]);
	printf("%lu seeds\n", n);
	return n > 0 ? 0 : 1;
}
