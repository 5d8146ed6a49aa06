using System.Runtime.InteropServices;

namespace Samehost.Ancillary;

/// <summary>Keeps descriptors open while they are sent, and returns their numbers.</summary>
internal ref struct DescriptorSender
{
    private readonly IReadOnlyList<SafeHandle> _handles;
    private readonly Span<int> _numbers;
    private int _held;

    /// <param name="handles">At most 253 open descriptors.</param>
    /// <param name="numbers">Memory for as many numbers.</param>
    public DescriptorSender(IReadOnlyList<SafeHandle> handles, Span<int> numbers)
    {
        _handles = handles;
        _numbers = numbers[..handles.Count];
    }

    /// <summary>Validates the argument of a send.</summary>
    public static void Check(IReadOnlyList<SafeHandle> handles)
    {
        ArgumentNullException.ThrowIfNull(handles);
        if (handles.Count > ControlLayout.MostDescriptors)
        {
            throw new ArgumentException(
                $"A message can carry at most {ControlLayout.MostDescriptors} descriptors; these are {handles.Count}.", nameof(handles));
        }
        for (var i = 0; i < handles.Count; i++)
            ArgumentNullException.ThrowIfNull(handles[i], nameof(handles));
    }

    /// <summary>Returns the numbers, which are valid until <see cref="Release"/>.</summary>
    public ReadOnlySpan<int> Hold()
    {
        for (; _held < _handles.Count; _held++)
        {
            var taken = false;
            _handles[_held].DangerousAddRef(ref taken);
            _numbers[_held] = (int)_handles[_held].DangerousGetHandle();
        }

        return _numbers;
    }

    public void Release()
    {
        while (_held > 0)
            _handles[--_held].DangerousRelease();
    }
}
