// Calls one method of the official npm client, as a user's program does.
//
//     VLMRUN_BASE_URL=… VLMRUN_API_KEY=… node call.cjs feedback.submit '{"id": …}'
//
// Prints one JSON object: {"answer": …}, or {"error": …} where the client threw its APIError.

const { APIError, VlmRun } = require("vlmrun");

async function main([path, argument]) {
  const client = new VlmRun({
    apiKey: process.env.VLMRUN_API_KEY,
    baseURL: process.env.VLMRUN_BASE_URL,
  });
  const [resource, method] = path.split(".");
  try {
    return { answer: await client[resource][method](JSON.parse(argument)) };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { error: { status: error.http_status, message: error.message } };
  }
}

main(process.argv.slice(2)).then((result) => console.log(JSON.stringify(result)));
