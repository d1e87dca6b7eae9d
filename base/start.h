/*
 * base/start.h -- the first lines of every daemon: its arguments, its section
 * of the configuration, and the word that it is ready.
 *
 *	antin-x --config FILE [--section NAME] | --help
 *
 * start_conf ends the process for --help (0), wrong use (64) and a
 * configuration that is refused (1), each with its sentence.
 */
#pragma once

#include "base/conf.h"

/* name: the program, its default section, and its name in the log. */
void start_conf(void *conf, const struct conf_option *, const char *name, int argc, char **argv);
/* Writes "ready" to the descriptor in ANTIN_READY_FD, if there is one. */
void start_ready(void);
/* Logs the refusal; the exit code for main. */
int start_refused(const struct err *);
