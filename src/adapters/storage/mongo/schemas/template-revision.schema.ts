import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** One revision of a template: never changed, and its number taken by its `_id`. */
@Schema({
  collection: 'template_revisions',
  versionKey: false,
  autoIndex: false,
  autoCreate: false,
})
export class StoredTemplateRevision {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  name!: string;

  @Prop({ type: Number, required: true, min: 1 })
  revision!: number;

  /** JSON. */
  @Prop({ type: String, required: true })
  info!: string;

  /** JSON. */
  @Prop({ type: String, required: true })
  content!: string;
}

export type TemplateRevisionDocument = Fields<StoredTemplateRevision>;

export const StoredTemplateRevisionSchema = SchemaFactory.createForClass(StoredTemplateRevision);
StoredTemplateRevisionSchema.index({ tenant: 1, name: 1, revision: 1 }, { name: 'revision' });
