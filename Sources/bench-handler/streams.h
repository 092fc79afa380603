#ifndef STREAMS_H
#define STREAMS_H

/// Opens `count` event streams on a loopback port, reads them for some seconds, and prints how long events were under
/// way as one line of JSON. Returns the exit code.
int read_streams(int port, int count, int seconds);

#endif
