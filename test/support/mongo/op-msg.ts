import mongoose from 'mongoose';

const { BSON } = mongoose.mongo;

/** The one kind of message that today's drivers send; numbers are little-endian. */
const OP_MSG = 2013;
const HEADER = 16;
const FLAGS = 4;
const MORE_TO_COME = 2;
const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** Cuts a stream of bytes into messages of MongoDB's wire protocol. */
export class MessageReader {
  #rest = Buffer.alloc(0);

  /** The messages that are whole now. */
  push(bytes: Buffer): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= HEADER) {
      const length = this.#rest.readInt32LE(0);
      if (this.#rest.length < length) break;
      messages.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    return messages;
  }
}

/** The command that a message asks for, if it is one that changes documents and wants an answer. */
export function writeCommand(message: Buffer): string | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  if ((message.readUInt32LE(HEADER) & MORE_TO_COME) !== 0) return undefined;
  const section = HEADER + FLAGS;
  // The command itself is a document after a zero byte, and its first field is its name.
  if (message[section] !== 0) return undefined;
  const size = message.readInt32LE(section + 1);
  const body = message.subarray(section + 1, section + 1 + size);
  const [command = ''] = Object.keys(BSON.deserialize(body));
  return WRITES.has(command) ? command : undefined;
}

/** What a server answers that is no longer the primary. */
export function notWritablePrimary(message: Buffer): Buffer {
  const body = BSON.serialize({
    ok: 0,
    errmsg: 'not primary',
    code: 10107,
    codeName: 'NotWritablePrimary',
  });
  const answer = Buffer.alloc(HEADER + FLAGS + 1);
  answer.writeInt32LE(answer.length + body.length, 0);
  answer.writeInt32LE(message.readInt32LE(4), 8);
  answer.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([answer, body]);
}
