#ifndef STREAMS_H
#define STREAMS_H

/// Opens `count` event streams on a loopback port, reads them for some seconds, and prints how long events were under
/// way as one line of JSON. Returns the exit code.
///
/// With `is_chat` a stream is an answer of a chat handler, otherwise of this program itself.
int read_streams(int port, int count, int seconds, int is_chat);

#endif
