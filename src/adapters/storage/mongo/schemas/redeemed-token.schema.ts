import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** A single-use token that has been used; its id is the document's. */
@Schema({ collection: 'redeemed_tokens', versionKey: false, autoIndex: false, autoCreate: false })
export class RedeemedToken {
  @Prop({ type: String, required: true })
  _id!: string;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  expiresAt!: number;
}


export const RedeemedTokenSchema = SchemaFactory.createForClass(RedeemedToken);
RedeemedTokenSchema.index({ expiresAt: 1 }, { name: 'expiry' });
