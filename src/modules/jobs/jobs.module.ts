import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import type { Config } from '../../platform/config/index.js';
import { dependency } from '../dependencies.js';
import { ChangedDefinition } from './changed-definition.js';
import { DefinitionCompiler } from './definition-compiler.js';
import { EventReader } from './event-reader.js';
import { GraphRenderer } from './graph-renderer.js';
import { JobCompensationController } from './job-compensation.controller.js';
import { JobCompensator } from './job-compensator.js';
import { JobHistorian } from './job-historian.js';
import { JobHistoryController } from './job-history.controller.js';
import { JobNodesController } from './job-nodes.controller.js';
import { JobReader } from './job-reader.js';
import { JobRerunner } from './job-rerunner.js';
import { JobRerunsController } from './job-reruns.controller.js';
import { JobSteering } from './job-steering.js';
import { JobSteeringController } from './job-steering.controller.js';
import { JobSubmitter } from './job-submitter.js';
import { JobValidator } from './job-validator.js';
import { JobsController } from './jobs.controller.js';
import { KeyReader } from './key-reader.js';
import { NodeReader } from './node-reader.js';
import { WhyController } from './why.controller.js';
import { WhyReader } from './why-reader.js';

const MINUTE_MS = 60_000;

/** Jobs and what belongs to them. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [dependency('config')],
      // No block beyond the window itself: as one call leaves it, the next is let in.
      useFactory: (config: Config) => [
        { ttl: MINUTE_MS, limit: config.submitPerMinute, blockDuration: 0 },
      ],
    }),
  ],
  controllers: [
    JobsController,
    JobNodesController,
    JobSteeringController,
    JobRerunsController,
    JobCompensationController,
    JobHistoryController,
    WhyController,
  ],
  providers: [
    ChangedDefinition,
    DefinitionCompiler,
    EventReader,
    GraphRenderer,
    JobCompensator,
    JobHistorian,
    JobReader,
    JobRerunner,
    JobSteering,
    JobSubmitter,
    JobValidator,
    KeyReader,
    NodeReader,
    WhyReader,
  ],
  exports: [DefinitionCompiler, JobReader, JobRerunner, JobSubmitter, ThrottlerModule],
})
export class JobsModule {}
