using System.Text;
using System.Text.Json;
using RLSquared.Tasks;
using RLSquared.Tasks.Remote;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks.Remote;

public sealed class RemoteMessageTests
{
    // Two agents with a vector of two numbers, a state of three, a lever with three positions and a stick of two axes.
    const string Info = """
        {"type": "env_info", "n_agents": 2, "trials": true, "action_mask": true,
         "observation_space": {"place": {"space": "box", "size": [2]}, "room": {"space": "discrete", "size": 3}},
         "action_space": [{"lever": {"action_type": "discrete", "size": 3},
                           "stick": {"action_type": "continuous", "size": 2}},
                          {"lever": {"action_type": "discrete", "size": 3},
                           "stick": {"action_type": "continuous", "size": 2}}],
         "agent_policy_names": ["shared_policy", "shared_policy"]}
        """;

    const string Step = """
        {"type": "step", "obs": [{"place": [0.5, -1], "room": 2}, {"room": 0.0, "place": [[3], [4e0]], "more": {}}],
         "reward": [1, -0.25], "done": [false, true], "truncated": [false, true],
         "action_mask": [[true, false, true], [false, true, false]], "info": [{"a": [1]}, {}]}
        """;

    [Fact]
    public void Spaces_are_read_with_the_keys_in_the_order_of_the_game()
    {
        RemoteSpaces spaces = Spaces(Info);
        Assert.Equal((2, true, true), (spaces.Agents, spaces.KnowsTrials, spaces.Masks));
        // The state becomes one-hot, since it does not stand alone: 2 + 3 numbers.
        Assert.Equal(ObservationSpace.Vector(5), spaces.Observation);
        Assert.Equal(ActionSpace.Mixed([3], 2), spaces.Action);
        Assert.Equal(["place", "room"], spaces.ObservationKeys.Select(key => key.Name));
        Assert.Equal("choices:3+numbers:2+masks", SpaceText.Show(spaces.ActionParts, spaces.Masks));
    }

    [Theory]
    [InlineData("""{"obs": {"space": "discrete", "size": 7}}""", "discrete:7")]
    [InlineData("""{"obs": {"space": "box", "size": [3, 2]}}""", "vector:6")]
    [InlineData("""{"obs": {"space": "box", "size": [0]}}""", "nothing")]
    [InlineData("{}", "nothing")]
    [InlineData("""{"camera_2d": {"space": "box", "size": [3, 36.0, 48.0]}}""", "image:36x48x3")]
    [InlineData("""{"camera_2d": {"space": "box", "size": [36, 48, 4]}}""", "image:36x48x4")]
    [InlineData("""{"map_2d": {"space": "box", "size": [36, 48]}}""", "image:36x48x1")]
    public void Observations_of_a_game_have_a_text_that_is_read_back(string space, string text)
    {
        RemoteSpaces spaces = Spaces($$$"""
            {"type": "env_info", "n_agents": 1, "observation_space": {{{space}}},
             "action_space": {"a": {"action_type": "discrete", "size": 2} } }
            """);
        Assert.Equal(text, SpaceText.Show(spaces.Observation));
        Assert.True(SpaceText.TryReadObservation(text, out ObservationSpace again));
        Assert.Equal(spaces.Observation, again);
        Assert.False(spaces.KnowsTrials || spaces.Masks);
    }

    [Theory]
    [InlineData("choices:3")]
    [InlineData("choices:3,2+masks")]
    [InlineData("numbers:4")]
    [InlineData("choices:2+numbers:1")]
    [InlineData("numbers:1+choices:2")]
    [InlineData("numbers:1+numbers:3+choices:2,2+numbers:2+choices:5+masks")]
    public void Actions_have_a_text_that_is_read_back_in_the_order_of_the_game(string text)
    {
        Assert.True(SpaceText.TryReadActions(
            text, out ActionSpace space, out bool masks, out IReadOnlyList<ActionPart> parts));
        Assert.Equal(parts.Where(part => part.IsChoice).Select(part => part.Size),
            Enumerable.Range(0, space.Choices).Select(space.SizeOf));
        Assert.Equal(parts.Where(part => !part.IsChoice).Sum(part => part.Size), space.Numbers);
        string keys = string.Join(',', parts.Select((part, k) => $"\"k{k}\": {{\"action_type\": " +
            $"\"{(part.IsChoice ? "discrete" : "continuous")}\", \"size\": {part.Size}}}"));
        RemoteSpaces spaces = Spaces($$"""
            {"type": "env_info", "n_agents": 1, "action_mask": {{(masks ? "true" : "false")}},
             "observation_space": {}, "action_space": { {{keys}} } }
            """);
        Assert.Equal(text, SpaceText.Show(spaces.ActionParts, spaces.Masks));
        Assert.Equal(space, spaces.Action);
    }

    [Theory]
    [InlineData("")]
    [InlineData("masks")]
    [InlineData("choices:")]
    [InlineData("choices:0")]
    [InlineData("numbers:1,2")]
    [InlineData("masks+choices:2")]
    [InlineData("choices:2+masks+masks")]
    [InlineData("choices:16777216+numbers:1")]
    [InlineData("choices:2++numbers:1")]
    public void Actions_that_cannot_be_are_not_read(string text) =>
        Assert.False(SpaceText.TryReadActions(text, out _, out _));

    // What an agent sees, times the agents, is what one message may bring at most: 2^25 numbers.
    [Theory]
    [InlineData(2, "{\"space\": \"box\", \"size\": [16777216]}", null)]
    [InlineData(3, "{\"space\": \"box\", \"size\": [16777216]}", "3 agents with 16,777,216 numbers seen by each")]
    [InlineData(4096, "{\"space\": \"box\", \"size\": [128, 128]}", "4,096 agents with 16,384 numbers seen by each")]
    [InlineData(4096, "{\"space\": \"discrete\", \"size\": 16777216}", null)]
    [InlineData(4096, "{\"space\": \"discrete\", \"size\": 16777216}, \"b\": {\"space\": \"box\", \"size\": [0]}",
        "16,777,216 numbers seen by each are more than 33,554,432 together; let fewer agents play")]
    public void Agents_and_what_they_see_have_a_limit_together(int agents, string space, string? message)
    {
        string info = $$"""
            {"type": "env_info", "n_agents": {{agents}}, "observation_space": {"a": {{space}} },
             "action_space": {"a": {"action_type": "discrete", "size": 2} } }
            """;
        if (message is null)
            Assert.Equal(agents, Spaces(info).Agents);
        else
            Assert.Contains(message, Assert.Throws<MalformedMessageException>(() => Spaces(info)).Message);
    }

    [Theory]
    [InlineData(4096, "\"a\": {\"action_type\": \"discrete\", \"size\": 65536}")]
    [InlineData(4096, "\"a\": {\"action_type\": \"continuous\", \"size\": 65536}")]
    public void Agents_and_what_they_decide_have_a_limit_together(int agents, string space) => Assert.Contains(
        "4,096 agents with 65,536 options and numbers decided by each are more than 33,554,432 together",
        Assert.Throws<MalformedMessageException>(() => Spaces($$"""
            {"type": "env_info", "n_agents": {{agents}}, "observation_space": {}, "action_space": { {{space}} } }
            """)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("vector:16777216", 3, "choices:2")]
    [InlineData("vector:1", 65536, "choices:513")]
    [InlineData("image:1000x1000x3", 12, "choices:2")]
    public void A_configuration_that_asks_for_more_than_there_is_is_refused(
        string observation, int agents, string actions)
    {
        var options = new RemoteOptions { Observation = observation, Agents = agents, Actions = actions };
        Assert.Contains("are more than 33,554,432 together",
            Assert.Throws<OptionException>(() => RemoteTask.Create(options)).Message);
    }

    [Theory]
    [InlineData("[84, 84, 3]", "image:84x84x3")]
    [InlineData("[3, 84, 84]", "image:84x84x3")]
    [InlineData("[84, 84, 12]", "image:84x84x12")]
    [InlineData("[12, 84, 84]", "image:84x84x12")]
    [InlineData("[4, 84, 3]", "image:4x84x3")]
    [InlineData("[3, 84, 4]", "image:84x4x3")]
    [InlineData("[84, 84, 13]", null)]
    [InlineData("[84, 84, 84]", null)]
    [InlineData("[84]", null)]
    [InlineData("[2, 3, 84, 84]", null)]
    public void The_shorter_end_of_an_images_shape_are_its_channels(string size, string? text)
    {
        string info = $$$"""
            {"type": "env_info", "n_agents": 1, "observation_space": {"a_2d": {"space": "box", "size": {{{size}}} } },
             "action_space": {"a": {"action_type": "discrete", "size": 2} } }
            """;
        if (text is not null)
            Assert.Equal(text, SpaceText.Show(Spaces(info).Observation));
        else
            Assert.Contains("and an image has [rows, columns, channels], with at most 12 channels",
                Assert.Throws<MalformedMessageException>(() => Spaces(info)).Message);
    }

    [Theory]
    [InlineData("""{"type": "error", "message": "TypeError: no\noptions"}""", "TypeError: no options")]
    [InlineData("""{"message": "late type", "type": "error"}""", "late type")]
    [InlineData("""{"type": "error"}""", "it does not say why")]
    [InlineData("""{"type": "error", "message": 7}""", "it does not say why")]
    public void A_game_may_say_why_it_ends_in_place_of_any_answer(string message, string reason)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        var reply = new RemoteReply(Spaces(Info));
        Assert.Equal(reason, Assert.Throws<GameFailedException>(() => reply.ReadStep(bytes)).Reason);
        Assert.Equal(reason, Assert.Throws<GameFailedException>(() => reply.ReadReset(bytes)).Reason);
        Assert.Equal(reason, Assert.Throws<GameFailedException>(() => RemoteSpaces.Read(bytes)).Reason);
    }

    [Fact]
    public void An_answer_is_read_whatever_the_order_of_its_keys()
    {
        var reply = new RemoteReply(Spaces(Info));
        reply.ReadStep(Encoding.UTF8.GetBytes(Step));
        Assert.Equal([0.5f, -1, 0, 0, 1, 3, 4, 1, 0, 0], reply.Observations);
        Assert.Equal([1, -0.25f], reply.Rewards);
        Assert.Equal([false, true], reply.Done);
        Assert.Equal([false, true], reply.Truncated);
        Assert.Equal([true, false, true, false, true, false], reply.Allowed);
    }

    [Fact]
    public void An_image_is_read_from_its_digits()
    {
        var reply = new RemoteReply(Spaces("""
            {"type": "env_info", "n_agents": 1, "observation_space": {"a_2d": {"space": "box", "size": [1, 3]}},
             "action_space": {"a": {"action_type": "discrete", "size": 2}}}
            """));
        reply.ReadReset("""{"obs": [{"a_2d": "00fF10"}], "type": "reset"}"""u8);
        Assert.Equal([0, 255, 16], reply.Observations);
        Refused(reply, """{"type": "reset", "obs": [{"a_2d": "00ff1"}]}""", "has 5 digits, and 6 were due");
        Refused(reply, """{"type": "reset", "obs": [{"a_2d": "00ff1g"}]}""", "no hexadecimal digits");
        Refused(reply, """{"type": "reset", "obs": [{"a_2d": [0]}]}""", "is a list, and a text of hexadecimal");
    }

    [Theory]
    [InlineData("\"step\"", "\"leap\"", "its type is \"leap\", and \"step\" was due")]
    [InlineData("\"type\": \"step\"", "\"kind\": \"step\"", "it has no type")]
    [InlineData("\"obs\"", "\"seen\"", "it has no obs")]
    [InlineData("\"reward\"", "\"rewards\"", "it has no reward")]
    [InlineData("\"done\"", "\"over\"", "it has no done")]
    [InlineData("\"action_mask\"", "\"mask\"", "it has no action_mask")]
    [InlineData("[1, -0.25]", "[1]", "reward is too short at agent 1 of 2")]
    [InlineData("[1, -0.25]", "[1, 2, 3]", "reward is too long")]
    [InlineData("[1, -0.25]", "[1, \"2\"]", "reward of agent 1 is \"2\", and a number was due")]
    [InlineData("[1, -0.25]", "[1, 1e99]", "'reward' of agent 1 is 1e99, and a finite number was due")]
    [InlineData("[1, -0.25]", "0.5", "reward is 0.5, and a list with one entry for each of 2 agents was due")]
    [InlineData("[false, true], \"tr", "[0, 1], \"tr", "done of agent 0 is 0, and true or false was due")]
    [InlineData("[0.5, -1]", "[0.5]", "'place' of agent 0 has 1 numbers, and 2 were due")]
    [InlineData("[0.5, -1]", "[0.5, null]", "'place' of agent 0 is null, and a finite number was due")]
    [InlineData("\"room\": 2", "\"room\": 3", "'room' of agent 0 is 3, and a whole number from 0 to 2 was due")]
    [InlineData("\"room\": 2", "\"rom\": 2", "the obs of agent 0 has no 'room'")]
    [InlineData("[true, false, true]", "[true, false]", "action_mask is too short at agent 0 of 2")]
    public void A_message_that_is_not_as_it_should_be_is_refused(string right, string wrong, string message)
    {
        Assert.Contains(right, Step, StringComparison.Ordinal);
        var reply = new RemoteReply(Spaces(Info));
        var error = Assert.Throws<MalformedMessageException>(
            () => reply.ReadStep(Encoding.UTF8.GetBytes(Step.Replace(right, wrong, StringComparison.Ordinal))));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"env_info\"", "\"step\"", "its type is \"step\", and \"env_info\" was due")]
    [InlineData("\"n_agents\": 2", "\"n_agents\": 0", "n_agents is 0, and a whole number from 1 to 4096 was due")]
    [InlineData("\"n_agents\": 2", "\"n_agents\": 3", "action_space has 2 entries for 3 agents")]
    [InlineData("\"n_agents\": 2", "\"agents\": 2", "env_info has no n_agents")]
    [InlineData("\"box\"", "\"sphere\"", "'place' is of the kind 'sphere', and box and discrete are known")]
    [InlineData("\"size\": [2]", "\"size\": [99999, 99999]", "has more than 16777216 numbers")]
    [InlineData("\"place\"", "\"place_2d\"", "'place_2d' is an image and there are other keys beside it")]
    [InlineData("\"size\": 2}},", "\"size\": 1}},", "agent 1 has another action_space than agent 0")]
    [InlineData("[\"shared_policy\"", "[\"other\"", "so give them one policy_name")]
    [InlineData("\"continuous\"", "\"fuzzy\"", "is of the kind 'fuzzy', and discrete and continuous are known")]
    public void Spaces_that_cannot_be_are_refused(string right, string wrong, string message)
    {
        Assert.Contains(right, Info, StringComparison.Ordinal);
        var error = Assert.Throws<MalformedMessageException>(
            () => Spaces(Info.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    // Bytes are changed, left out, doubled and moved; what comes of it is read or refused, and nothing else happens.
    [Theory]
    [InlineData(Info, 3000)]
    [InlineData(Step, 6000)]
    public void Messages_with_mistakes_are_read_or_refused(string message, int count)
    {
        RandomSequence random = new RandomKey(1, RandomPurpose.Environment, (ulong)count).Sequence(0);
        var reply = new RemoteReply(Spaces(Info));
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = Mutate(Encoding.UTF8.GetBytes(message), ref random);
            try
            {
                if (message == Info)
                    RemoteSpaces.Read(mutated);
                else
                    reply.ReadStep(mutated);
                read++;
            }
            catch (Exception refused) when (refused is MalformedMessageException or JsonException
                || refused is InvalidOperationException { Source: "System.Text.Json.Rethrowable" })
            {
            }
            Assert.All(reply.Observations, number => Assert.True(float.IsFinite(number)));
        }
        Assert.InRange(read, 1, count - 1);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / count, 0, 100_000);
    }

    [Fact]
    public void Reading_an_answer_allocates_nothing()
    {
        byte[] message = Encoding.UTF8.GetBytes(Step);
        var reply = new RemoteReply(Spaces(Info));
        for (int i = 0; i < 50; i++)
            reply.ReadStep(message);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            reply.ReadStep(message);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    static byte[] Mutate(byte[] message, ref RandomSequence random)
    {
        List<byte> bytes = [.. message];
        for (int changes = 1 + random.NextInt(3); changes > 0; changes--)
        {
            int at = random.NextInt(bytes.Count), length = Math.Min(1 + random.NextInt(12), bytes.Count - at);
            switch (random.NextInt(5))
            {
                case 0: bytes[at] = (byte)random.NextInt(256); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 3: bytes.InsertRange(at, Pieces[random.NextInt(Pieces.Length)]); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
            if (bytes.Count == 0)
                bytes.Add((byte)'{');
        }
        return [.. bytes];
    }

    static byte[][] Pieces { get; } =
        [.. new[] { "null", "1e999", "-0", "\\ud800", "[[[", "}", "9999999999", "\"", "NaN", "true" }
            .Select(Encoding.UTF8.GetBytes)];

    static RemoteSpaces Spaces(string message) => RemoteSpaces.Read(Encoding.UTF8.GetBytes(message));

    static void Refused(RemoteReply reply, string message, string why) => Assert.Contains(
        why, Assert.Throws<MalformedMessageException>(() => reply.ReadReset(Encoding.UTF8.GetBytes(message))).Message,
        StringComparison.Ordinal);
}
