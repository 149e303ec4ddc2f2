// Writes schemas/*.json from the built service. Needs a build (npm run build).
import { writeGenerated } from './check-generated.mjs';

await writeGenerated(['schemas/job.schema.json']);
