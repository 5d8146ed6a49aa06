using Samehost.EventLoops;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>Descriptors that wait in event loops, for nothing.</summary>
internal sealed class WaitingDescriptors : IDisposable
{
    private readonly List<Registration> _open = [];

    public IEnumerable<EventLoop> Loops => _open.Select(registration => registration.Loop);

    /// <summary>Adds one, and says which loop it came to.</summary>
    public EventLoop Add()
    {
        Assert.True(LibcEventFd.Create(out var descriptor) >= 0);
        var registration = new Registration(descriptor!.Detach());
        _open.Add(registration);
        Assert.Equal(0, registration.Arm(writing: false));
        return registration.Loop;
    }

    /// <summary>Takes away all that are in a loop.</summary>
    public void Empty(EventLoop loop) => Close(registration => registration.Loop == loop);

    public void Dispose() => Close(_ => true);

    private void Close(Predicate<Registration> which)
    {
        foreach (var registration in _open.FindAll(which))
            registration.Dispose();
        _open.RemoveAll(which);
    }
}
