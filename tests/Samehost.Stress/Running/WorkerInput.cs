namespace Samehost.Stress.Running;

/// <summary>The input of a worker: lines of its campaign. Its end is the campaign's, however that came, and ends the worker.</summary>
internal static class WorkerInput
{
    public static IEnumerable<string> Lines()
    {
        while (Console.In.ReadLine() is { } line)
            yield return line;
    }

    /// <summary>Ends this process at the end of its input.</summary>
    public static void EndWithInput()
    {
        var thread = new Thread(static () =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
            Environment.Exit(0);
        })
        { IsBackground = true };
        thread.Start();
    }

    public static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
