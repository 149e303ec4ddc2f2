import { Module } from '@nestjs/common';
import { BreakersController } from './breakers.controller.js';

/** Circuit breakers, for looking at. */
@Module({ controllers: [BreakersController] })
export class BreakersModule {}
