// The samehost command: Cli/ reads the command line, and each command has the folder of its name.
using Samehost.Tool.Cli;

return await CommandLine.RunAsync(args);
