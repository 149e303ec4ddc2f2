import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** A test case of a tenant's catalogue. */
@Schema({ collection: 'test_cases', versionKey: false, autoIndex: false, autoCreate: false })
export class StoredTestCase {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  name!: string;

  /** JSON. */
  @Prop({ type: String, required: true })
  body!: string;
}


export const StoredTestCaseSchema = SchemaFactory.createForClass(StoredTestCase);
StoredTestCaseSchema.index({ tenant: 1, name: 1 }, { name: 'name' });
