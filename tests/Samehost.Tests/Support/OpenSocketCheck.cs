using Samehost.Tests.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(OpenSocketCheck))]

namespace Samehost.Tests.Support;

/// <summary>Checks after all tests that every socket that they opened is closed.</summary>
public sealed class OpenSocketCheck : IDisposable
{
    private readonly HashSet<string> _before = OpenDescriptors.Sockets();

    public void Dispose()
    {
        // Streams that a test forgot on purpose are closed by their finalizer.
        HashSet<string> left = [];
        for (var look = 0; look < 20; look++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            left = OpenDescriptors.Sockets();
            left.ExceptWith(_before);
            if (left.Count == 0)
                return;
        }

        Assert.Fail($"{left.Count} sockets are still open after the last test.");
    }
}
