using System.Text;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// Generation in mid-flight as bytes: requests, what was drawn so far, and the keys and values, which older weights may
/// have left, so that nothing but these bytes could bring them back. Pages that several sequences hold are written
/// once, and of each page the places that are in use.
/// </summary>
static unsafe class GenerationFlight
{
    const int Format = 1, MostCount = 1 << 26;

    public static byte[] Write(
        LinkedList<SequenceState> waiting, List<SequenceState> running, Dictionary<int[], PromptGroup> groups,
        PagePool pool, long nextId, int version)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        var layout = pool.Layout;
        foreach (int number in (int[])[Format, layout.Layers, layout.Shape.G, layout.Shape.E])
            writer.Write(number);
        writer.Write(nextId);
        writer.Write(version);

        // Every page once, with as many places as its fullest holder uses.
        var used = new Dictionary<Page, int>();
        List<Page> pages = [];
        foreach (SequenceState sequence in running)
        {
            for (int p = 0; p < sequence.Pages.Length; p++)
                Use(sequence.Pages[p], Math.Clamp(sequence.Cached - p * PageLayout.Places, 0, PageLayout.Places));
        }
        foreach (PromptGroup group in groups.Values)
        {
            foreach (Page page in group.Pages.Whole)
                Use(page, PageLayout.Places);
            if (group.Pages.Last is { } last)
                Use(last, (group.Prompt.Length - 1) % PageLayout.Places);
        }
        writer.Write(pages.Count);
        foreach (Page page in pages)
        {
            writer.Write(used[page]);
            foreach (float number in Places(layout, page, used[page]))
                writer.Write(number);
        }
        Dictionary<Page, int> place = pages.Select((page, i) => (page, i)).ToDictionary(one => one.page, one => one.i);

        writer.Write(groups.Count);
        foreach (PromptGroup group in groups.Values)
        {
            WriteAll(group.Prompt);
            writer.Write(group.Leader?.Id ?? -1);
            writer.Write(group.IsReady);
            WriteAll([.. group.Pages.Whole.Select(page => place[page])]);
            writer.Write(group.Pages.Last is { } last ? place[last] : -1);
        }
        foreach (IReadOnlyCollection<SequenceState> sequences in (IReadOnlyCollection<SequenceState>[])[
            waiting, running])
        {
            writer.Write(sequences.Count);
            foreach (SequenceState sequence in sequences)
                WriteOne(sequence);
        }
        writer.Flush();
        return stream.ToArray();

        void Use(Page page, int places)
        {
            if (used.TryAdd(page, places))
                pages.Add(page);
            else
                used[page] = Math.Max(used[page], places);
        }

        void WriteAll(IReadOnlyList<int> numbers)
        {
            writer.Write(numbers.Count);
            foreach (int number in numbers)
                writer.Write(number);
        }

        void WriteOne(SequenceState sequence)
        {
            writer.Write(sequence.Id);
            WriteAll(sequence.Prompt);
            WriteOptions(writer, sequence.Options);
            writer.Write(sequence.Seed);
            writer.Write(sequence.Longest);
            writer.Write(sequence.ReservedPages);
            WriteAll(sequence.StopTokens);
            WriteAll(sequence.Tokens);
            foreach (float one in sequence.LogProbabilities)
                writer.Write(one);
            WriteAll(sequence.Versions);
            writer.Write(sequence.Cached);
            WriteAll([.. sequence.Pages.ToArray().Select(page => place[page])]);
        }
    }

    /// <exception cref="InvalidDataException">The bytes are of another model, or none of these.</exception>
    public static (long NextId, int Version) Read(
        byte[] bytes, LinkedList<SequenceState> waiting, List<SequenceState> running,
        Dictionary<int[], PromptGroup> groups, PagePool pool, Tokenizer? tokenizer)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            var layout = pool.Layout;
            int[] wanted = [Format, layout.Layers, layout.Shape.G, layout.Shape.E];
            int[] found = [.. wanted.Select(_ => reader.ReadInt32())];
            if (!found.SequenceEqual(wanted))
            {
                throw new InvalidDataException("sequences in flight are of another model: " +
                    $"{found[1]} layers of {found[2]} heads of {found[3]} numbers, and this one has {wanted[1]} of " +
                    $"{wanted[2]} of {wanted[3]}");
            }
            long nextId = reader.ReadInt64();
            int version = reader.ReadInt32();
            Page[] pages = new Page[Count(reader, bytes)];
            for (int p = 0; p < pages.Length; p++)
            {
                pages[p] = pool.Take();
                pages[p].Holders = 0;
                int used = reader.ReadInt32();
                if (used is < 0 or > PageLayout.Places)
                    throw new InvalidDataException($"a page of {PageLayout.Places} places uses {used}");
                float[] numbers = new float[2 * used * layout.Shape.E * layout.Shape.G * layout.Layers];
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = reader.ReadSingle();
                Put(layout, pages[p], used, numbers);
            }
            var leaders = new Dictionary<long, PromptGroup>();
            for (int left = Count(reader, bytes); left > 0; left--)
            {
                var group = new PromptGroup(Numbers());
                groups.Add(group.Prompt, group);
                long leader = reader.ReadInt64();
                if (leader >= 0)
                    leaders.Add(leader, group);
                bool isReady = reader.ReadBoolean();
                Page[] whole = [.. Numbers().Select(Held)];
                int last = reader.ReadInt32();
                if (isReady)
                    group.Restore(whole, last < 0 ? null : Held(last));
            }
            for (int left = Count(reader, bytes); left > 0; left--)
            {
                SequenceState sequence = ReadOne(isRunning: false);
                sequence.Group.Waiting++;
                waiting.AddLast(sequence);
            }
            for (int left = Count(reader, bytes); left > 0; left--)
            {
                SequenceState sequence = ReadOne(isRunning: true);
                if (leaders.TryGetValue(sequence.Id, out PromptGroup? led))
                    led.Leader = sequence;
                running.Add(sequence);
            }
            return (nextId, version);

            Page Held(int p)
            {
                pages[p].Holders++;
                return pages[p];
            }

            int[] Numbers()
            {
                int[] numbers = new int[Count(reader, bytes)];
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = reader.ReadInt32();
                return numbers;
            }

            SequenceState ReadOne(bool isRunning)
            {
                long id = reader.ReadInt64();
                int[] prompt = Numbers();
                SamplingOptions options = ReadOptions(reader, bytes);
                if (!groups.TryGetValue(prompt, out PromptGroup? group))
                    group = new PromptGroup(prompt);
                ulong seed = reader.ReadUInt64();
                int longest = reader.ReadInt32(), reserved = reader.ReadInt32();
                var sequence = new SequenceState(id, group, options, seed, longest)
                {
                    ReservedPages = reserved,
                    StopTokens = Numbers(),
                    StopTexts = [.. options.StopTexts.Select(Encoding.UTF8.GetBytes)],
                };
                int[] tokens = Numbers();
                float[] logProbabilities = [.. tokens.Select(_ => reader.ReadSingle())];
                sequence.Resume(tokens, logProbabilities, Numbers(), tokenizer);
                sequence.Cached = reader.ReadInt32();
                int[] own = Numbers();
                if (!isRunning)
                    return sequence;
                if (!pool.TryReserve(reserved))
                    throw new InvalidDataException("the keys and values in flight need more memory than is allowed");
                sequence.Prepare();
                foreach (int p in own)
                    sequence.Add(Held(p));
                return sequence;
            }
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException
            or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"sequences in flight cannot be read: {failure.Message}", failure);
        }
    }

    static void WriteOptions(BinaryWriter writer, SamplingOptions options)
    {
        writer.Write(options.MaximumTokens);
        writer.Write(options.MinimumTokens);
        writer.Write(options.Temperature);
        writer.Write(options.TopK);
        writer.Write(options.TopP);
        writer.Write(options.MinP);
        writer.Write(options.RepetitionPenalty);
        writer.Write(options.KeepsStopText);
        writer.Write(options.StopTexts.Count);
        foreach (string text in options.StopTexts)
            writer.Write(text);
    }

    static SamplingOptions ReadOptions(BinaryReader reader, byte[] bytes)
    {
        var options = new SamplingOptions
        {
            MaximumTokens = reader.ReadInt32(),
            MinimumTokens = reader.ReadInt32(),
            Temperature = reader.ReadDouble(),
            TopK = reader.ReadInt32(),
            TopP = reader.ReadDouble(),
            MinP = reader.ReadDouble(),
            RepetitionPenalty = reader.ReadDouble(),
            KeepsStopText = reader.ReadBoolean(),
        };
        string[] texts = new string[Count(reader, bytes)];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = reader.ReadString();
        return options with { StopTexts = texts };
    }

    static int Count(BinaryReader reader, byte[] bytes)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= Math.Min(MostCount, bytes.Length) ? count
            : throw new InvalidDataException($"sequences in flight cannot be read: a count is {count}");
    }

    // The keys and values of the first places of a page, [layers, heads, places, 2, E].
    static float[] Places(PageLayout layout, Page page, int used)
    {
        float[] numbers = new float[2 * used * layout.Shape.E * layout.Shape.G * layout.Layers];
        int next = 0;
        Each(layout, page, used, (address, count, step) =>
        {
            for (int i = 0; i < count; i++)
                numbers[next++] = ((float*)address)[i * step];
        });
        return numbers;
    }

    static void Put(PageLayout layout, Page page, int used, float[] numbers)
    {
        int next = 0;
        Each(layout, page, used, (address, count, step) =>
        {
            for (int i = 0; i < count; i++)
                ((float*)address)[i * step] = numbers[next++];
        });
    }

    // Keys lie in columns, values in rows.
    static void Each(PageLayout layout, Page page, int used, Action<nint, int, int> visit)
    {
        int E = layout.Shape.E;
        for (int layer = 0; layer < layout.Layers; layer++)
        {
            for (int g = 0; g < layout.Shape.G; g++)
            {
                nint head = page.Address + ((nint)layer * layout.Layer + (nint)g * layout.Head) * sizeof(float);
                for (int slot = 0; slot < used; slot++)
                {
                    visit(head + slot * sizeof(float), E, PageLayout.Places);
                    visit(head + (E * PageLayout.Places + slot * layout.RowOfValues) * sizeof(float), E, 1);
                }
            }
        }
    }
}
