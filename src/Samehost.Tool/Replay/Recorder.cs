using System.Diagnostics;
using System.Text.Json;
using Samehost.Measuring;
using Samehost.Tool.Cli;
using Samehost.Tool.Relay;

namespace Samehost.Tool.Replay;

/// <summary>Records the relayed data, as a line of JSON for each event, each written at once.</summary>
internal sealed class Recorder : IRelayObserver, IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly FileStream _file;
    private readonly RecordingLine _header;
    private readonly long _start = Stopwatch.GetTimestamp();
    private bool _hasHeader;

    private Recorder(string path, FileStream file, RecordingLine header) => (_path, _file, _header) = (path, file, header);

    /// <summary>Opens the file; an existing file is truncated when the first line is written.</summary>
    /// <exception cref="ToolException">The file cannot be created or written.</exception>
    public static Recorder Create(string path, RelayOptions options)
    {
        FileStream file;
        try
        {
            file = OutputFile.Open(path, isSecret: true); // recorded data may contain passwords
        }
        catch (IOException error)
        {
            throw new ToolException(
                $"the recording cannot be made: {FileErrorText.Of(path, error)}",
                hint: error is RefusedFileException ? "Name a file of yours, or one that is not there yet." : null);
        }
        var header = new RecordingLine
        {
            Format = RecordingLine.CurrentFormat,
            Type = options.SocketType.ToName(),
            From = options.From.ToString(),
            To = options.To.ToString(),
            Started = DateTimeOffset.Now,
        };
        return new Recorder(path, file, header);
    }

    public void Listening() => Append([]);

    public void Opened(int connection, string client) =>
        Write(new RecordingLine { Time = Now(), Connection = connection, Event = RecordingLine.Open, Peer = client });

    public void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors) =>
        Write(new RecordingLine
        {
            Time = Now(),
            Connection = connection,
            Event = RecordingLine.Data,
            Direction = Name(direction),
            Bytes = bytes.ToArray(),
            Descriptors = descriptors.Count == 0 ? null : [.. descriptors.Select(DescriptorKindNames.Of)],
        });

    public void Ended(int connection, Direction direction) =>
        Write(new RecordingLine { Time = Now(), Connection = connection, Event = RecordingLine.End, Direction = Name(direction) });

    public void Closed(int connection, RelayLinkResult end) => Write(new RecordingLine
    {
        Time = Now(),
        Connection = connection,
        Event = RecordingLine.Close,
        Failure = end.Failure == Errno.None ? null : end.Failure.ToString(),
    });

    public void Dispose() => _file.Dispose();

    private static string Name(Direction direction) =>
        direction == Direction.ToServer ? RecordingLine.ToServer : RecordingLine.ToClient;

    private static byte[] Encode(RecordingLine line) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(line, RecordingJson.Default.RecordingLine), (byte)'\n'];

    private double Now() => Math.Round(Stopwatch.GetElapsedTime(_start).TotalSeconds, 6);

    private void Write(RecordingLine line) => Append(Encode(line));

    /// <summary>Appends lines, after the header if it is not written yet.</summary>
    private void Append(byte[] lines)
    {
        try
        {
            lock (_lock)
            {
                if (!_hasHeader)
                {
                    _file.SetLength(0);
                    _file.Write(Encode(_header));
                    _hasHeader = true;
                }
                _file.Write(lines);
            }
        }
        catch (Exception error) when (FileErrorText.Is(error))
        {
            throw new ToolException(
                $"the recording cannot be written: {error.Message}", hint: $"{_path} is complete up to its last whole line");
        }
    }
}
