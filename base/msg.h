/*
 * base/msg.h -- framed messages between our own processes.
 *
 * A frame is u32 length of the rest, u16 type, u8 fields, u8 descriptors, then
 * each field as u32 length and its octets; big-endian.  Descriptors travel
 * beside the frame (SCM_RIGHTS).  A reply carries the request's type with the
 * top bit set; a refusal is type MSG_REFUSED with four fields: class word,
 * sentence, and code and Vietnamese words of its rule, empty where there are
 * none.  A frame longer than the receiver's maximum, a type not in the table, or
 * fields not of the table's shape end the connection.
 *
 * The table: every daemon's proto.h lists its messages once, as an X-macro
 *
 *	#define HSM_MESSAGES(X) \
 *		X(HSM_SIGN, CALLER_CA | CALLER_SIGNER, "hub", "b") \
 *
 * name, who may send it, shape of the request, shape of the reply.  A shape is
 * one letter a field: u = u64, h = 32 octets, b = octets, s = UTF-8 text
 * without NUL, F = a descriptor (counted apart, after the fields).  Anything
 * with more structure travels as one 'b' holding deterministic CBOR or one 's'
 * holding JSON.
 *
 * A msg owns its octets and its descriptors.  Fields of a received msg are
 * followed by a NUL, so text can be read in place.
 */
#pragma once

#include "base/bytes.h"

#define MSG_FIELDS_MAX 24
#define MSG_FDS_MAX 3
#define MSG_REPLY 0x8000
#define MSG_REFUSED 0xffff

/* Who can be at the other end of a socket; a bit each. */
enum msg_caller {
	CALLER_API = 1 << 0, CALLER_CA = 1 << 1, CALLER_SIGNER = 1 << 2,
	CALLER_TSA = 1 << 3, CALLER_VERIFIER = 1 << 4, CALLER_REGISTER = 1 << 5,
	CALLER_CLI = 1 << 6, CALLER_HSM = 1 << 7, CALLER_COURIER = 1 << 8,
	CALLER_WITNESS = 1 << 9,	/* a user id only: it calls nobody here */
	CALLER_OUTSIDE = 1 << 10,	/* antin-tsa-outside: the same */
	CALLERS = 11
};

struct msg_type {
	uint16_t id;
	const char *name;
	unsigned callers;	/* or of msg_caller */
	const char *in, *out;	/* shapes */
};

/* For X-macro tables: enum and type rows. */
#define MSG_ENUM(name, callers, in, out) name,
#define MSG_TYPE(name, callers, in, out) { name, #name, callers, in, out },

struct msg {
	uint16_t type;
	unsigned n, nfd;
	struct { size_t off, len; } at[MSG_FIELDS_MAX];
	int fd[MSG_FDS_MAX];
	struct buf store;
};

/* own_struct(msg) m = msg_new(HSM_SIGN, max); */
struct msg msg_new(uint16_t type, size_t max);
void msg_drop(struct msg *);
void msg_put(struct msg *, struct span);
void msg_put_str(struct msg *, const char *);
void msg_put_u64(struct msg *, uint64_t);
/* The message owns the descriptor from now on. */
void msg_put_fd(struct msg *, int fd);
struct span msg_span(const struct msg *, unsigned i);
const char *msg_str(const struct msg *, unsigned i);
uint64_t msg_u64(const struct msg *, unsigned i);
/* Takes the descriptor out; the caller owns it. */
int msg_take_fd(struct msg *, unsigned i);
must_check bool msg_shape_ok(const struct msg *, const char *shape, const char *name, struct err *);

/* Blocking; timeout_ms < 0 waits for ever.  msg_recv: ERR_ABSENT when the peer
 * closed between frames, ERR_LATER on a time-out, ERR_INPUT for a bad frame. */
must_check bool msg_send(int sock, const struct msg *, int timeout_ms, struct err *);
must_check bool msg_recv(int sock, struct msg *out, size_t max, int timeout_ms, struct err *);

/* A refusal as a message, and back. */
void msg_refuse(struct msg *out, const struct err *);
bool msg_is_refusal(const struct msg *, struct err *);

/*
 * A peer: the daemon behind a socket, called by any number of threads; keeps a
 * few connections, makes new ones when it was restarted.  A call that may have
 * reached the daemon is never repeated: it fails with ERR_LATER and the caller
 * decides.
 */
struct peer;
struct peer *peer_new(const char *socket_path, const struct msg_type *types, size_t ntypes,
    size_t reply_max, int timeout_ms);
void peer_free(struct peer *);
/* Waits until the daemon accepts a connection; for start-up. */
must_check bool peer_wait(struct peer *, int timeout_ms, struct err *);
/* Sends request, receives reply of the right shape, or fails with the daemon's
 * own class and sentence. */
must_check bool peer_call(struct peer *, const struct msg *request, struct msg *reply, struct err *);
