// SPDX-License-Identifier: GPL-2.0
/*
 * Letting a Vulkan device reach memory of ours: that itself, or where the device has
 * been chosen, a copy. A device that is more than a CPU could be let at memory itself,
 * too, but would then write to it for as long as it likes; of a copy, what has been
 * changed comes back when we say so. What our memory's owner has written elsewhere
 * meanwhile stays.
 */
#include <string.h>

#include "vulkan.h"

#define PAGE	4096ull

static void release(struct vulkan *v, struct vulkan_buffer *b)
{
	v->vk.DestroyBuffer(v->device, b->buffer, NULL);
	v->vk.FreeMemory(v->device, b->memory, NULL);
	memset(b, 0, sizeof(*b));
}

/**
 * vulkan_leave() - no memory is in reach any more
 * @v: the device
 */
void vulkan_leave(struct vulkan *v)
{
	release(v, &v->staging);
	release(v, &v->reached);
	v->staged = NULL;
	v->memory = NULL;
}

/* Return: a kind of memory of @kinds that is all of @flags, or VK_MAX_MEMORY_TYPES. */
static uint32_t find_kind(const struct vulkan *v, uint32_t kinds,
			  VkMemoryPropertyFlags flags)
{
	uint32_t i;

	for (i = 0; i < v->kinds.memoryTypeCount; i++)
		if (kinds & 1u << i &&
		    (v->kinds.memoryTypes[i].propertyFlags & flags) == flags)
			return i;
	return VK_MAX_MEMORY_TYPES;
}

/* The first kind of memory that ours can be. */
static bool find_ours(struct vulkan *v, VkImportMemoryHostPointerInfoEXT *ours,
		      VkMemoryAllocateInfo *info, uint32_t kinds)
{
	VkMemoryHostPointerPropertiesEXT can = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
	};

	if (v->host_pointer(v->device, ours->handleType, ours->pHostPointer, &can))
		return false;
	info->memoryTypeIndex = find_kind(v, can.memoryTypeBits & kinds, 0);
	info->pNext = ours;
	return true;
}

/* With @memory, which is ours, or with what is all of @flags. */
static bool fill(struct vulkan *v, struct vulkan_buffer *b, void *memory,
		 VkMemoryPropertyFlags flags)
{
	const VkMemoryAllocateFlagsInfo address = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	VkImportMemoryHostPointerInfoEXT ours = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pNext = &address,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		.pHostPointer = memory,
	};
	VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &address,
	};
	VkMemoryRequirements needs;

	v->vk.GetBufferMemoryRequirements(v->device, b->buffer, &needs);
	info.allocationSize = memory ? b->size : needs.size;
	info.memoryTypeIndex = find_kind(v, needs.memoryTypeBits, flags);
	if (memory && !find_ours(v, &ours, &info, needs.memoryTypeBits))
		return false;
	return info.memoryTypeIndex < VK_MAX_MEMORY_TYPES &&
	       !v->vk.AllocateMemory(v->device, &info, NULL, &b->memory) &&
	       !v->vk.BindBufferMemory(v->device, b->buffer, b->memory, 0);
}

static bool make(struct vulkan *v, struct vulkan_buffer *b, uint64_t size,
		 void *memory, VkMemoryPropertyFlags flags)
{
	const VkExternalMemoryBufferCreateInfo ours = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = memory ? &ours : NULL,
		.size = size,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
			 VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
			 VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
			 VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};

	b->size = size;
	return !v->vk.CreateBuffer(v->device, &info, NULL, &b->buffer) &&
	       fill(v, b, memory, flags);
}

static bool make_copies(struct vulkan *v)
{
	const VkMemoryPropertyFlags ours = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
					   VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
					   VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
	void *staged;

	if (!make(v, &v->reached, v->size, NULL,
		  VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) ||
	    !make(v, &v->staging, 2 * v->size, NULL, ours) ||
	    v->vk.MapMemory(v->device, v->staging.memory, 0, VK_WHOLE_SIZE, 0,
			    &staged))
		return false;
	v->staged = staged;
	return true;
}

static bool make_all(struct vulkan *v)
{
	VkBufferDeviceAddressInfo address = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
	};

	if (!(v->chosen ? make_copies(v) :
			  make(v, &v->reached, v->size, v->memory, 0)))
		return false;
	address.buffer = v->reached.buffer;
	v->address = v->vk.GetBufferDeviceAddress(v->device, &address);
	return v->address;
}

/**
 * vulkan_reach() - let programs reach memory of ours, and no longer what was before
 * @v: the device
 * @memory: mapped in whole pages as long as that is so; NULL: none
 * @size: bytes that count
 *
 * A copy that was made for more is kept, so that a driver is not asked again.
 *
 * Return: false if that cannot be.
 */
bool vulkan_reach(struct vulkan *v, void *memory, uint64_t size)
{
	size = (size + PAGE - 1) / PAGE * PAGE;
	if (v->memory == memory && v->size == size)
		return true;
	if (!v->staged || v->reached.size < size)
		vulkan_leave(v);
	v->memory = memory;
	v->size = size;
	if (!memory || v->staged || make_all(v))
		return true;
	vulkan_leave(v);
	return vulkan_lacks(v, "memory that Vulkan can reach");
}

/* What was written before is what is read behind it. */
static void record_copy(struct vulkan *v, VkBuffer from, VkBuffer to, uint64_t at)
{
	const VkMemoryBarrier all = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT |
				 VK_ACCESS_MEMORY_WRITE_BIT |
				 VK_ACCESS_HOST_READ_BIT,
	};
	const VkBufferCopy region = { .dstOffset = at, .size = v->size };

	v->vk.CmdCopyBuffer(v->commands, from, to, 1, &region);
	v->vk.CmdPipelineBarrier(v->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
				 VK_PIPELINE_STAGE_ALL_COMMANDS_BIT |
				 VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &all, 0, NULL,
				 0, NULL);
}

/**
 * vulkan_take() - programs are to see what is in our memory now
 * @v: the device; memory is in reach
 *
 * Return: false if that cannot be.
 */
bool vulkan_take(struct vulkan *v)
{
	if (!v->staged)
		return true;
	memcpy(v->staged, v->memory, v->size);
	if (!vulkan_begin(v))
		return false;
	record_copy(v, v->staging.buffer, v->reached.buffer, 0);
	return vulkan_submit(v);
}

/* Bytes that are not as they were sent; no other is written to. */
static void put_changed(uint8_t *to, const uint8_t *sent, const uint8_t *got,
			uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size; i++)
		if (got[i] != sent[i])
			to[i] = got[i];
}

/**
 * vulkan_give() - what programs have changed since vulkan_take() is in our memory
 * @v: the device; memory is in reach
 *
 * Return: false if that cannot be.
 */
bool vulkan_give(struct vulkan *v)
{
	const uint8_t *sent = v->staged, *got = v->staged + v->reached.size;
	uint64_t at;

	if (!v->staged)
		return true;
	if (!vulkan_begin(v))
		return false;
	record_copy(v, v->reached.buffer, v->staging.buffer, v->reached.size);
	if (!vulkan_submit(v))
		return false;
	for (at = 0; at < v->size; at += PAGE)
		if (memcmp(sent + at, got + at, PAGE))
			put_changed((uint8_t *)v->memory + at, sent + at,
				    got + at, PAGE);
	return true;
}
