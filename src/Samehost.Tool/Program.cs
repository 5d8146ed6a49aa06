// The samehost command: its commands are in Commands/, what they print goes through Output/.
using Samehost.Tool.Commands;

return await CommandLine.RunAsync(args);
