/** What to do about a fault, by its stable code. */
const adviceByCode: Readonly<Record<string, string>> = {
  'addon-missing': 'build it: scripts/setup.sh, or npm run build:native',
  'page-missing': 'build it: scripts/setup.sh, or npm run build:web',
  'port-in-use': 'stop what listens there, or set server.port (ALGO_SERVER_PORT)',
  'address-refused': 'set server.host to an address of this machine and server.port to one that you may use',
  'bad-certificate': 'correct server.tls: both files in PEM, readable for the service, the key not encrypted',
  'model-manifest': 'set detector.manifestPath (ALGO_MODEL_CONFIG_PATH) to a manifest such as those in models/',
  'model-missing': 'put the model beside its manifest, as the manifest names it',
  'model-hash': 'get the model again, or correct sha256 in its manifest',
  'model-shape': 'the model does not do what its manifest says: correct the manifest, or take another model',
  'unknown-class': 'correct detection.classes (ALGO_ALLOWED_CLASSES)',
  'input-size': 'correct detector.inputSize',
  'no-variant': 'set detector.precision to auto, or add cpu to detector.providers',
  'no-provider': 'add cpu to detector.providers',
  'redis-unreachable': 'start Redis, or correct redis.url (ALGO_REDIS_URL)',
  'redis-unauthorized': 'correct user, password and database in redis.url (ALGO_REDIS_URL)',
  'redis-silent': 'see that it is Redis that listens at redis.url (ALGO_REDIS_URL), and not too busy to answer',
  'redis-certificates': 'set redis.caFile to a file that the service may read',
  'bad-prompt': 'correct the file, or leave out llm.promptFile: config/prompts/ has the ones that come with it',
  'bad-url': 'correct the URL: rtsp://user:password@host:554/path, with special characters as %40 and the like',
  'scheme-refused': 'use rtsp:// or rtsps://; for a video file set allowFiles: true',
  unauthorized: "correct the user name and password in the camera's URL",
  'set-aside-after-crashes': "change the camera's settings (another codec, H.264), or install another version",
  'not-found': "correct the path in the camera's URL",
  unreachable: "see that the camera has power and network, and that the URL's host and port are right",
  'connect-timeout': 'see that the camera can be reached, or raise source.connectTimeoutMs',
  'read-timeout': 'the camera accepts the connection but sends nothing: restart it, or raise source.readTimeoutMs',
  'store-unusable': 'correct the file, or let the service start: it keeps what is whole and moves the file aside',
  'store-newer': 'update Roadwatch, or set camerasFile to another file',
  'store-unreadable': 'let the user of the service read it, or set camerasFile',
  'unsupported-codec': 'set the camera to H.264 or H.265',
};

/** What to do about a fault; nothing where the message has to say it all. */
export function adviceFor(code: string): string | undefined {
  return adviceByCode[code];
}
