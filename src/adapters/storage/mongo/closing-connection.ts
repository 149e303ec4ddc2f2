import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import mongoose from 'mongoose';

/** The driver's own connection, of which its types say nothing. */
export interface DriverConnection {
  command(namespace: { readonly db: string }, command: object, options?: object): Promise<object>;
  destroy(): void;
}
type DriverConnectionClass = new (socket: Socket, options: object) => DriverConnection;

// The driver takes a class of connections and does not export its own.
const driver = createRequire(createRequire(import.meta.url).resolve('mongoose'));
const { Connection } = driver('mongodb/lib/cmap/connection.js') as {
  readonly Connection: DriverConnectionClass;
};

/**
 * A connection that tells whoever writes to it that it has closed. The driver (7.8 and 7.9) waits for
 * a socket's `drain` after each write that it did not take at once; one that is closed, or closes
 * then, without an error never drains, and no time-out of the driver's looks after it. When that
 * befalls the driver's look at its server, which all connections that drop together make likely, it
 * never looks again and finds no server until the process is started anew.
 */
export class ClosingConnection extends Connection {
  constructor(socket: Socket, options: object) {
    super(socket, options);
    // After the driver's own listener, which has marked the connection as closed by then.
    socket.once('close', (hadError) => {
      if (!hadError)
        socket.emit('error', new mongoose.mongo.MongoNetworkError('connection closed'));
    });
  }
}
