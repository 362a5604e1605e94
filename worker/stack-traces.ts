/** How many frames Node keeps of a stack trace when nobody says otherwise. */
const USUAL_FRAMES = 10;

// The worker is started with --stack-trace-limit=2 and without source maps, because the SDK takes a stack trace for
// every promise of a workflow and maps it. Workflows run in threads of their own: for this one, where activities and
// relays fail, both are as usual again. This module comes first, so that what is loaded after it is mapped.
Error.stackTraceLimit = USUAL_FRAMES;
process.setSourceMapsEnabled(true);
