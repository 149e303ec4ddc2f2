import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/index.js';
import { TemplateReader } from './template-reader.js';
import { TemplateRunner } from './template-runner.js';
import { TemplateWriter } from './template-writer.js';
import { TemplatesController } from './templates.controller.js';

/** Templates, and the jobs that are made from them. */
@Module({
  imports: [JobsModule],
  controllers: [TemplatesController],
  providers: [TemplateReader, TemplateRunner, TemplateWriter],
  exports: [TemplateReader, TemplateRunner],
})
export class TemplatesModule {}
