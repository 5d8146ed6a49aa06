using System.Diagnostics;
using System.Text.Json;
using Samehost.Interop;
using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;
using Samehost.Tool.Relays;

namespace Samehost.Tool.Recordings;

/// <summary>Writes down what passes, a line of JSON for each thing that happens, each written at once.</summary>
internal sealed class Recorder : IRelayWatcher, IDisposable
{
    // Conversations hold passwords: a recording is its owner's alone.
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly FileStream _file;
    private readonly RecordingLine _header;
    private readonly bool _isFile;
    private readonly long _start = Stopwatch.GetTimestamp();
    private bool _hasBegun;

    private Recorder(string path, FileStream file, RecordingLine header, bool isFile) =>
        (_path, _file, _header, _isFile) = (path, file, header, isFile);

    /// <summary>Makes the file, or takes one that is there: what is in it stays until the relay listens.</summary>
    /// <exception cref="ToolException">The file cannot be made or written.</exception>
    public static Recorder Create(string path, RelayOptions options)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                BufferSize = 0,
                UnixCreateMode = Private,
            });
        }
        catch (Exception error) when (PathProblem.Is(error))
        {
            throw new ToolException($"the recording cannot be made: {PathProblem.Of(path, error)}");
        }
        var header = new RecordingLine
        {
            Format = RecordingLine.CurrentFormat,
            Type = options.Kind.ToString().ToLowerInvariant(),
            From = options.From.ToString(),
            To = options.To.ToString(),
            Started = DateTimeOffset.Now,
        };
        return new Recorder(path, file, header, isFile: TakeOver(path, file));
    }

    public void Listening() => Append([]);

    public void Opened(int connection, string who) =>
        Write(new RecordingLine { Time = Now(), Connection = connection, Event = RecordingLine.Open, Peer = who });

    public void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors) =>
        Write(new RecordingLine
        {
            Time = Now(),
            Connection = connection,
            Event = RecordingLine.Data,
            Direction = Name(direction),
            Bytes = bytes.ToArray(),
            Descriptors = descriptors.Count == 0 ? null : [.. descriptors.Select(DescriptorNames.Of)],
        });

    public void Ended(int connection, Direction direction) =>
        Write(new RecordingLine { Time = Now(), Connection = connection, Event = RecordingLine.End, Direction = Name(direction) });

    public void Closed(int connection, LinkEnd end) => Write(new RecordingLine
    {
        Time = Now(),
        Connection = connection,
        Event = RecordingLine.Close,
        Failure = end.Failure == Errno.None ? null : end.Failure.ToString(),
    });

    public void Dispose() => _file.Dispose();

    /// <summary>A file that was there already has kept its mode: others could read on.</summary>
    /// <returns>True when it is a file, and no device or pipe.</returns>
    private static bool TakeOver(string path, FileStream file)
    {
        using var descriptor = new Descriptor((int)file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
        if (LibcFile.Status(descriptor, out FileStatus status) < 0 || status.Type != FileStatus.S_IFREG)
            return false;
        if (LibcFile.ChangeMode(descriptor, (uint)Private) < 0)
        {
            file.Dispose();
            throw new ToolException(
                $"the recording cannot be made: {path} is another user's", hint: "Name a file of yours, or one that is not there yet.");
        }
        return true;
    }

    private static string Name(Direction direction) =>
        direction == Direction.ToServer ? RecordingLine.ToServer : RecordingLine.ToClient;

    private static byte[] Encode(RecordingLine line) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(line, RecordingJson.Default.RecordingLine), (byte)'\n'];

    private double Now() => Math.Round(Stopwatch.GetElapsedTime(_start).TotalSeconds, 6);

    private void Write(RecordingLine line) => Append(Encode(line));

    /// <summary>Writes behind the line about the recording itself, which whoever comes first writes.</summary>
    private void Append(byte[] lines)
    {
        try
        {
            lock (_lock)
            {
                if (!_hasBegun)
                {
                    if (_isFile)
                        _file.SetLength(0);
                    _file.Write(Encode(_header));
                    _hasBegun = true;
                }
                _file.Write(lines);
            }
        }
        catch (IOException error)
        {
            throw new ToolException(
                $"the recording cannot be written: {error.Message}", hint: $"{_path} is complete up to its last whole line");
        }
    }
}
