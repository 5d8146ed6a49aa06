using SharpFuzz;

namespace Samehost.Stress.Fuzz;

/// <summary><c>fuzz --afl TARGET</c>: one target under afl-fuzz, which guides itself by the coverage of instrumented assemblies.</summary>
internal static class AflTarget
{
    public static void Run(string name)
    {
        var directory = Directory.CreateTempSubdirectory("samehost-afl-").FullName;
        try
        {
            var target = FuzzTargets.Create(name, directory);
            var longest = new byte[1 << 16];
            Fuzzer.OutOfProcess.Run(stream =>
            {
                var count = stream.ReadAtLeast(longest, longest.Length, throwOnEndOfStream: false);
                target.Run(longest[..count]);
            });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
