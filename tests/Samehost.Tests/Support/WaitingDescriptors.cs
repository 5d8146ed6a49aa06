using Samehost.Interop;
using Samehost.EventLoops;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>Descriptors that wait in event loops, for nothing.</summary>
internal sealed class WaitingDescriptors : IDisposable
{
    private readonly List<(Registration Registration, Descriptor Descriptor)> _open = [];

    public IEnumerable<EventLoop> Loops => _open.Select(o => o.Registration.Loop);

    /// <summary>Adds one, and says which loop it came to.</summary>
    public EventLoop Add()
    {
        Assert.True(LibcEventFd.Create(out var descriptor) >= 0);
        var registration = new Registration(descriptor!);
        _open.Add((registration, descriptor!));
        Assert.Equal(0, registration.Arm(writing: false));
        return registration.Loop;
    }

    /// <summary>Takes away all that are in a loop.</summary>
    public void Empty(EventLoop loop) => Close(o => o.Registration.Loop == loop);

    public void Dispose() => Close(_ => true);

    private void Close(Predicate<(Registration Registration, Descriptor Descriptor)> which)
    {
        foreach (var (registration, descriptor) in _open.FindAll(which))
        {
            registration.Close();
            descriptor.Dispose();
        }

        _open.RemoveAll(which);
    }
}
