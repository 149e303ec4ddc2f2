// Writes openapi/openapi.json from the built service. Needs a build (npm run build).
import { writeGenerated } from './check-generated.mjs';

await writeGenerated(['openapi/openapi.json']);
