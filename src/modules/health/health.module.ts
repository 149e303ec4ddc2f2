import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { EventLoopWatch } from './event-loop-watch.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';

/** Health, for people and for load balancers. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [EventLoopWatch, HealthService],
})
export class HealthModule {}
