import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** What a node, or nodes of a type, took in earlier runs. */
@Schema({ collection: 'node_durations', versionKey: false, autoIndex: false, autoCreate: false })
export class NodeDuration {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  scope!: string;

  @Prop({ type: String, required: true })
  name!: string;

  /** Of each sample two in a row, oldest first; ms. */
  @Prop({ type: [Number], required: true })
  samples!: number[];

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  usedAt!: number;
}

export const NodeDurationSchema = SchemaFactory.createForClass(NodeDuration);
NodeDurationSchema.index({ tenant: 1, scope: 1 }, { name: 'scope' });
NodeDurationSchema.index({ tenant: 1, usedAt: 1 }, { name: 'use' });
