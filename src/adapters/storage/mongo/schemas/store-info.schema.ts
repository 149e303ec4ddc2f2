import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** One document, `_id` `schema`: which version of the documents' shape the database holds. */
@Schema({ collection: 'store_info', versionKey: false, autoIndex: false, autoCreate: false })
export class StoreInfo {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: Number, required: true })
  version!: number;

  /** Which validators the collections have; absent where the server has not taken them. */
  @Prop({ type: String })
  validators?: string;

  /** Another store is being copied into this one. */
  @Prop({ type: Boolean })
  arriving?: true;
}


export const StoreInfoSchema = SchemaFactory.createForClass(StoreInfo);
