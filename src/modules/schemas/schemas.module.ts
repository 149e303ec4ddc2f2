import { Module } from '@nestjs/common';
import { SchemasController } from './schemas.controller.js';

/** The published JSON Schemas. */
@Module({ controllers: [SchemasController] })
export class SchemasModule {}
