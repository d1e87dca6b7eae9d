/* tests/api/client.h -- a client that sends octets as they are given to it: also what no
 * browser would. */
#pragma once

#include "base/bytes.h"

/* Connected to this machine, from 127.0.0.host; the caller closes it. */
int client_dial(uint16_t port);
int client_dial_from(unsigned host, uint16_t port);
/* All of it, or as much as the server takes. */
void client_put(int fd, struct span);
/* To the end; the status, 0 when the server hung up without a word. */
int client_answer(struct buf *answer, int fd);
