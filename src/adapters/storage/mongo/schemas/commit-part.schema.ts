import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** A piece of a commit's body that is too large for one document; written before the commit. */
@Schema({ collection: 'commit_parts', versionKey: false, autoIndex: false, autoCreate: false })
export class CommitPart {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: Buffer, required: true })
  bytes!: Buffer;
}


export const CommitPartSchema = SchemaFactory.createForClass(CommitPart);
