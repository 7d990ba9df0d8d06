import type { HttpRequest } from 'uWebSockets.js';

/** What stands for the `:name` parts of a route's path; nothing where one is not percent-encoded UTF-8. */
export function decodedParameters(path: string, request: HttpRequest): Record<string, string> | undefined {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  try {
    return Object.fromEntries(
      names.map((name, index) => [name, decodeURIComponent(request.getParameter(index) ?? '')]),
    );
  } catch {
    return undefined;
  }
}
