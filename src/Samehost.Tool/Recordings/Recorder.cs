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
    private readonly long _start = Stopwatch.GetTimestamp();

    private Recorder(string path, FileStream file) => (_path, _file) = (path, file);

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
        TakeOver(path, file);
        var recorder = new Recorder(path, file);
        recorder.Write(new RecordingLine
        {
            Format = RecordingLine.CurrentFormat,
            Type = options.Kind.ToString().ToLowerInvariant(),
            From = options.From.ToString(),
            To = options.To.ToString(),
            Started = DateTimeOffset.Now,
        });
        return recorder;
    }

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

    /// <summary>A file that was there already is emptied, and has kept its mode: others could read on.</summary>
    private static void TakeOver(string path, FileStream file)
    {
        using var descriptor = new Descriptor((int)file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
        if (LibcFile.Status(descriptor, out FileStatus status) < 0 || status.Type != FileStatus.S_IFREG)
            return;
        if (LibcFile.ChangeMode(descriptor, (uint)Private) < 0)
        {
            file.Dispose();
            throw new ToolException(
                $"the recording cannot be made: {path} is another user's", hint: "Name a file of yours, or one that is not there yet.");
        }
        file.SetLength(0);
    }

    private static string Name(Direction direction) =>
        direction == Direction.ToServer ? RecordingLine.ToServer : RecordingLine.ToClient;

    private double Now() => Math.Round(Stopwatch.GetElapsedTime(_start).TotalSeconds, 6);

    private void Write(RecordingLine line)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, RecordingJson.Default.RecordingLine), (byte)'\n'];
        try
        {
            lock (_lock)
                _file.Write(bytes);
        }
        catch (IOException error)
        {
            throw new ToolException(
                $"the recording cannot be written: {error.Message}", hint: $"{_path} is complete up to its last whole line");
        }
    }
}
