import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { NodeStatus } from '../../../../core/job/status.js';
import type { Fields } from './fields.js';

/** What changes of a node; `version` is that of the commit, and comes first (see StoredJobState). */
@Schema({ _id: false })
class JobNodeState {
  @Prop({ type: Number, required: true })
  readonly version!: number;

  @Prop({ type: String, required: true })
  readonly status!: NodeStatus;

  /** JSON of the node's projection, its output left out. */
  @Prop({ type: String, required: true })
  readonly node!: string;

  /** JSON; pages of nodes do not read it. */
  @Prop({ type: String })
  readonly output?: string;
}

export type StoredNodeState = Fields<JobNodeState>;

/**
 * A node of a job: its definition, where the definition is not in version 1 of the journal, and its
 * state, once it has one.
 */
@Schema({ collection: 'nodes', versionKey: false, autoIndex: false, autoCreate: false })
export class JobNode {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  job!: string;

  /** Its place in the definition, from 0. */
  @Prop({ type: Number, required: true, min: 0 })
  index!: number;

  @Prop({ type: String })
  nodeId?: string;

  /** JSON. */
  @Prop({ type: String })
  definition?: string;

  @Prop({ type: SchemaFactory.createForClass(JobNodeState) })
  state?: StoredNodeState;
}

export type JobNodeDocument = Fields<JobNode>;

export const JobNodeSchema = SchemaFactory.createForClass(JobNode);
JobNodeSchema.index({ tenant: 1, job: 1, 'state.status': 1, index: 1 }, { name: 'status' });
JobNodeSchema.index({ tenant: 1, job: 1, nodeId: 1 }, { name: 'node_id' });
