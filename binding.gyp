{
  # npm and node-gyp look for this file; the build itself is CMake's (CMakeLists.txt, through cmake-js).
  "targets": [
    {
      "target_name": "roadwatch",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["build/Release/roadwatch.node"],
          "action": ["npx", "cmake-js", "compile"]
        }
      ]
    }
  ]
}
