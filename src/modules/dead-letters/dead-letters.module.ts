import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/index.js';
import { DeadLetterPurger } from './dead-letter-purger.js';
import { DeadLetterReader } from './dead-letter-reader.js';
import { DeadLetterRequeuer } from './dead-letter-requeuer.js';
import { DeadLettersController } from './dead-letters.controller.js';

/** Nodes that have used up their attempts, and what is to become of them. */
@Module({
  imports: [JobsModule],
  controllers: [DeadLettersController],
  providers: [DeadLetterPurger, DeadLetterReader, DeadLetterRequeuer],
})
export class DeadLettersModule {}
