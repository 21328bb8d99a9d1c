/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websocket.h: WebSocket (RFC 6455) as a client sees it: the upgrade by HTTP/1.1, and frames.
 * Bytes in, structs out; no extensions, and messages of one frame (what comes in several is joined by the caller). */
#ifndef VIGIE_WIRE_WEBSOCKET_H
#define VIGIE_WIRE_WEBSOCKET_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

enum { WS_MAX_HEAD = 16 * 1024, WS_MAX_PAYLOAD = 1 << 20, WS_KEY_BYTES = 25, WS_ACCEPT_BYTES = 29 };
enum ws_opcode { WS_CONTINUATION = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

/* What the server must answer to a key: base64 of the SHA-1 of key and a fixed text. */
void ws_accept(const char *key, char out[WS_ACCEPT_BYTES]);

struct ws_reply { /* the answer to the upgrade; slices of the bytes read */
    int status;
    bool upgrade, connection; /* "Upgrade: websocket", "Connection: upgrade" */
    char accept[WS_ACCEPT_BYTES];
    char protocol[64];
    char reason[64];
    size_t head_bytes; /* frames begin behind these */
};
/* 1: read; 0: the head is not complete; ERR_PROTOCOL: no HTTP; ERR_LIMIT: over WS_MAX_HEAD. */
int ws_reply_read(const char *p, size_t n, struct ws_reply *ret);

struct ws_frame {
    enum ws_opcode opcode;
    bool fin;
    const char *payload;
    size_t payload_bytes;
    size_t bytes; /* of the whole frame */
};
/* 1, 0: more is needed, ERR_PROTOCOL (reserved bits, masked by a server, a long control frame, a length that is not
 * written the short way), ERR_LIMIT. */
int ws_frame_read(const char *p, size_t n, struct ws_frame *ret);
/* Appends a frame as a client writes it: final, and masked. n at most WS_MAX_PAYLOAD. */
void ws_frame_write(struct buf *out, enum ws_opcode opcode, const char *p, size_t n, uint32_t mask);

#endif
