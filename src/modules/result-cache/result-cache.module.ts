import { Module } from '@nestjs/common';
import { ResultCacheController } from './result-cache.controller.js';

/** The results of nodes that are kept to be used again. */
@Module({ controllers: [ResultCacheController] })
export class ResultCacheModule {}
