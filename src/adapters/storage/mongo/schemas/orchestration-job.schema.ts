import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { JobStatus } from '../../../../core/job/status.js';
import type { Fields } from './fields.js';

/**
 * What changes of a job. `version` comes first: with `$max` the newest state wins, whatever the order
 * in which states arrive.
 */
@Schema({ _id: false })
class OrchestrationJobState {
  @Prop({ type: Number, required: true })
  readonly version!: number;

  @Prop({ type: String, required: true })
  readonly status!: JobStatus;

  /** True until the job has ended. */
  @Prop({ type: Boolean, required: true })
  readonly open!: boolean;

  /** Unfinished jobs only: the instance that drives it, or '' when nobody does. */
  @Prop({ type: String })
  readonly driver?: string;

  /** Epoch milliseconds; present when the job has ended. */
  @Prop({ type: Number })
  readonly endedAt?: number;

  /** JSON. */
  @Prop({ type: String, required: true })
  readonly progress!: string;
}

export type StoredJobState = Fields<OrchestrationJobState>;

/** The projection of a job: what lists and status reads show. Follows from the journal. */
@Schema({ collection: 'jobs', versionKey: false, autoIndex: false, autoCreate: false })
export class OrchestrationJob {
  @Prop({ type: String, required: true })
  _id!: string;

  // The fields of the header are absent until version 1 is projected.
  @Prop({ type: String })
  tenant?: string;

  @Prop({ type: String })
  job?: string;

  @Prop({ type: String })
  owner?: string;

  /** In force. */
  @Prop({ type: Number, min: 1, max: 5 })
  priority?: number;

  @Prop({ type: Number })
  createdAt?: number;

  /** Jobs with a deadline only, until they end: epoch milliseconds. */
  @Prop({ type: Number })
  dueBy?: number;

  /** The job's place in order of creation. */
  @Prop({ type: String })
  order?: string;

  /** Name, node types and labels. */
  @Prop({ type: [String], default: undefined })
  facets?: string[];

  /** JSON. */
  @Prop({ type: String })
  header?: string;

  /** True when the definition is in version 1 of the journal, false when it is with its nodes. */
  @Prop({ type: Boolean })
  inline?: boolean;

  @Prop({ type: SchemaFactory.createForClass(OrchestrationJobState), required: true })
  state!: StoredJobState;
}

export type OrchestrationJobDocument = Fields<OrchestrationJob>;

export const OrchestrationJobSchema = SchemaFactory.createForClass(OrchestrationJob);

for (const scope of [['tenant'], ['tenant', 'owner']]) {
  const scoped = (name: string, ...keys: readonly (readonly [string, 1 | -1])[]): void => {
    OrchestrationJobSchema.index(
      Object.fromEntries([...scope.map((key) => [key, 1] as const), ...keys]),
      { name: `${scope.join('_')}_${name}` },
    );
  };
  scoped('order', ['order', 1]);
  scoped('status', ['state.status', 1], ['order', 1]);
  scoped('priority', ['priority', 1], ['order', -1]);
  scoped('priority_desc', ['priority', 1], ['order', 1]);
  scoped('facets', ['facets', 1], ['order', 1]);
}
OrchestrationJobSchema.index({ tenant: 1, createdAt: 1 }, { name: 'tenant_created' });
OrchestrationJobSchema.index({ 'state.open': 1, order: 1 }, { name: 'open_order' });
OrchestrationJobSchema.index(
  { 'state.driver': 1, 'state.status': 1, priority: -1, order: 1 },
  { name: 'driver' },
);
OrchestrationJobSchema.index({ dueBy: 1 }, { name: 'due', sparse: true });
OrchestrationJobSchema.index({ 'state.endedAt': 1 }, { name: 'ended', sparse: true });
OrchestrationJobSchema.index({ tenant: 1, 'state.endedAt': 1 }, { name: 'tenant_ended' });
