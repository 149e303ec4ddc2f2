import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import mongoose from 'mongoose';
import { ClosingConnection, type DriverConnection } from './closing-connection.js';

const OPTIONS = { id: 1, generation: 0, hostAddress: { toString: () => 'there:1' } };
const HELLO = [{ db: 'admin' }, { hello: 1 }] as const;
/** More than a socket takes at once. */
const LARGE = 15 * 1024 * 1024;

describe('a connection of the driver', () => {
  let server: Server;
  let socket: Socket;
  let connection: DriverConnection;
  let peer: Socket;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = once(server, 'connection');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [peer] = (await accepted) as [Socket];
    await once(socket, 'connect').catch(() => undefined);
    connection = new ClosingConnection(socket, OPTIONS);
  });
  afterEach(async () => {
    connection.destroy();
    peer.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('fails what is written when the socket is gone and has not said so yet', async () => {
    socket.destroy();
    await expect(connection.command(...HELLO)).rejects.toBeInstanceOf(
      mongoose.mongo.MongoNetworkError,
    );
  });

  it('fails what is still being written when the socket closes without an error', async () => {
    const [namespace] = HELLO;
    peer.pause();
    const writing = connection.command(namespace, { insert: 'x', filler: Buffer.alloc(LARGE) });
    setImmediate(() => socket.destroy());
    await expect(writing).rejects.toBeInstanceOf(mongoose.mongo.MongoNetworkError);
  });
});
