import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/**
 * The newest revision that is known of. `revision` comes first: with `$max` the newest wins, whatever
 * the order in which they arrive.
 */
@Schema({ _id: false })
class LatestRevision {
  @Prop({ type: Number, required: true, min: 1 })
  readonly revision!: number;

  /** JSON. */
  @Prop({ type: String, required: true })
  readonly info!: string;
}

/** The name of a template. There before its first revision is, and `latest` follows its revisions. */
@Schema({ collection: 'templates', versionKey: false, autoIndex: false, autoCreate: false })
export class StoredTemplate {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  name!: string;

  @Prop({ type: Boolean, required: true })
  archived!: boolean;

  @Prop({ type: SchemaFactory.createForClass(LatestRevision) })
  latest?: Fields<LatestRevision>;
}

export type StoredTemplateDocument = Fields<StoredTemplate>;

export const StoredTemplateSchema = SchemaFactory.createForClass(StoredTemplate);
StoredTemplateSchema.index({ tenant: 1, archived: 1, name: 1 }, { name: 'name' });
