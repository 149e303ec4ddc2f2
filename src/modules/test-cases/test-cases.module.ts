import { Module } from '@nestjs/common';
import { TestCasesController } from './test-cases.controller.js';
import { TestCasesService } from './test-cases.service.js';

/** The test catalogue. */
@Module({ controllers: [TestCasesController], providers: [TestCasesService] })
export class TestCasesModule {}
